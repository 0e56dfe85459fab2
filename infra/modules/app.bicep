metadata description = 'One Functions app on Flex Consumption, and its settings.'

@description('Required. Name of the function app.')
param name string

@description('Required. Name of its plan.')
param planName string

@description('Required. Which app it is: a release finds it by this tag.')
@allowed(['app', 'intake'])
param service string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags { *: string }

@description('Required. Name of the identity that the app runs as.')
param identityName string

@description('Required. Name of the storage account of leads.')
param storageName string

@description('Required. Name of the storage account of its host.')
param hostStorageName string

@description('Required. Name of the container that deployed packages lie in.')
param packages string

@description('Required. Name of Application Insights.')
param applicationInsightsName string

@description('Required. Id of the subnet that the app goes out through; none if empty.')
param subnetId string

@description('Required. Python that the app has.')
param pythonVersion string

@description('Required. Memory of an instance.')
param instanceMemoryMB int

@description('Required. Instances at most.')
param maximumInstanceCount int

@description('Required. Requests that one instance takes at once.')
param httpConcurrency int

@description('Required. What an update does to instances: RollingUpdate or Recreate.')
param siteUpdateStrategy string

@description('Required. Instances that are always warm, by function or group of functions.')
param alwaysReady { name: string, instanceCount: int }[]

@description('Required. Whether instances are spread over zones.')
param zoneRedundant bool

@description('Required. Settings that the other app has not.')
param settings { *: string }

// Every app's: the host asks for all three addresses of its storage, and uses blobs.
var common = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  AzureWebJobsStorage__blobServiceUri: hostStorage.properties.primaryEndpoints.blob
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__queueServiceUri: hostStorage.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: hostStorage.properties.primaryEndpoints.table
  // Of whatever anybody posts, a key or none: more than a lead or an order has, and so little that
  // all the requests that one instance takes at once fit its memory. Without it: 100 MiB each.
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1048576'
  LEADSHARE_STORAGE__clientId: identity.properties.clientId
  LEADSHARE_STORAGE__credential: 'managedidentity'
  LEADSHARE_STORAGE__queueServiceUri: storage.properties.primaryEndpoints.queue
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

// No diagnostic setting: its HTTP log would hold listings' keys, which are in their URLs, and its
// function log is what Application Insights has.
resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { leadshare: service })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    // Partner Center posts from addresses that it does not tell.
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}${packages}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      #disable-next-line BCP037 // Azure takes it, though its specification begins with a later version
      siteUpdateStrategy: {
        type: siteUpdateStrategy
      }
      scaleAndConcurrency: {
        alwaysReady: alwaysReady
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(common, settings)
}

resource ftpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

@description('Name of the function app.')
output name string = app.name

@description('Host name of the function app.')
output hostName string = app.properties.defaultHostName
